import { EXIT, parseCommand, wrongUsage } from "./arguments.ts";

/*
 * The scripts ask the program itself for its commands and options, so that they never know less than it does.
 * An option is what stands at the beginning of a help text's line, or in the line of its usage.
 */

const BASH = `_slimline() {
  local word=\${COMP_WORDS[COMP_CWORD]} program=\${COMP_WORDS[0]} words
  if ((COMP_CWORD == 1)); then
    words=$("$program" help 2>/dev/null | sed -nE 's/^  ([a-z]+)  .*/\\1/p')
  elif [[ $word == -* ]]; then
    words=$("$program" "\${COMP_WORDS[1]}" --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _slimline slimline
`;

const ZSH = `#compdef slimline
_slimline() {
  local -a words_known
  if ((CURRENT == 2)); then
    words_known=(\${(f)"$(\${words[1]} help 2>/dev/null | sed -nE 's/^  ([a-z]+)  +(.*)/\\1:\\2/p')"})
    _describe command words_known
  elif [[ $PREFIX == -* ]]; then
    words_known=(\${(f)"$(\${words[1]} \${words[2]} --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u)"})
    compadd -a words_known
  else
    _files
  fi
}
compdef _slimline slimline
`;

const FISH = `function __slimline_commands
  slimline help 2>/dev/null | string replace -rf '^  ([a-z]+)  +(.*)' '$1\\t$2'
end
function __slimline_options
  slimline (commandline -opc)[2] --help 2>/dev/null | grep -oE -- '--[a-z][a-z-]*' | sort -u
end
complete -c slimline -n '__fish_is_first_arg' -f -a '(__slimline_commands)'
complete -c slimline -n 'not __fish_is_first_arg; and string match -q -- "-*" (commandline -ct)' -f -a '(__slimline_options)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

const HELP = `Usage: slimline completion SHELL

Prints what makes a shell complete the commands and options of slimline, which must be in the PATH. SHELL is bash,
zsh or fish:

  bash  source <(slimline completion bash)            in ~/.bashrc
  zsh   source <(slimline completion zsh)             in ~/.zshrc, after compinit
  fish  slimline completion fish | source             in ~/.config/fish/config.fish`;

/** `slimline completion`: prints a script for a shell. */
export function completion(argv: string[]): Promise<number> {
  const parsed = parseCommand(
    { command: "completion", args: argv, options: {}, allowPositionals: true },
    HELP,
  );
  if (typeof parsed === "number") return Promise.resolve(parsed);
  const [shell, ...more] = parsed.positionals;
  if (shell === undefined || more.length > 0 || !Object.hasOwn(SCRIPTS, shell)) {
    return Promise.resolve(wrongUsage("completion", "One shell is wanted: bash, zsh or fish."));
  }
  console.log(SCRIPTS[shell].trimEnd());
  return Promise.resolve(EXIT.good);
}
