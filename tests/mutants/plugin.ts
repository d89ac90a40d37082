// The mutations, as a plugin of `deno lint`: it has parsed the files, and tells each mutant as a diagnostic.

type Node = Deno.lint.Node;

/** A change of one place in a file, in UTF-16 code units. */
export interface Change {
  /** The innermost method or function with a name that it is in; empty where there is none. */
  within: string;
  from: number;
  to: number;
  replacement: string;
}

/** Another operator in the same place. */
const OPERATORS: Record<string, string> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "&": "|",
  "|": "&",
  "^": "&",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "&&": "||",
  "||": "&&",
  "+=": "-=",
  "-=": "+=",
  "*=": "/=",
  "|=": "&=",
  "&=": "|=",
  "<<=": ">>=",
  ">>=": "<<=",
  "||=": "=",
  "&&=": "=",
  "??=": "=",
  "++": "--",
  "--": "++",
};

/** Another method in the same place. */
const METHODS: Record<string, string> = { min: "max", max: "min", some: "every", every: "some" };

/** What a statement is left out of the program by. */
const NOTHING = ";";

function* ancestors(node: Node): Generator<Node> {
  for (let at: Node | undefined = node; at; at = (at as { parent?: Node }).parent) yield at;
}

function nameOfFunction(node: Node): string | undefined {
  if (node.type === "FunctionDeclaration") return node.id?.name;
  if (node.type !== "MethodDefinition") return undefined;
  if (node.key.type === "PrivateIdentifier") return `#${node.key.name}`;
  return node.key.type === "Identifier" ? node.key.name : undefined;
}

/** Constants of a module are what tests import and compare with: only what functions and classes do is changed. */
function isOfModule(node: Node): boolean {
  for (const { type } of ancestors(node)) if (/Function|ClassBody/.test(type)) return false;
  return true;
}

function isText(node: Node): boolean {
  return node.type === "TemplateLiteral" || node.type === "Literal" && typeof node.value === "string";
}

export default {
  name: "mutants",
  rules: {
    all: {
      create(context) {
        const { sourceCode } = context;
        const mutate = (node: Node, replacement: string, range: readonly [number, number] = node.range) => {
          if (isOfModule(node)) return;
          const within = ancestors(node).map(nameOfFunction).find((name) => name !== undefined) ?? "";
          const change: Change = { within, from: range[0], to: range[1], replacement };
          context.report({ range: [...range], message: JSON.stringify(change) });
        };
        /** Between two operands stands one operator, and maybe comments. */
        const operator = (left: Node, right: Node, text: string, replacement: string | undefined) => {
          if (replacement === undefined) return;
          const at = sourceCode.text.indexOf(text, left.range[1]);
          if (at < right.range[0]) mutate(right, replacement, [at, at + text.length]);
        };
        const condition = (test: Node | null, ...values: string[]) => {
          if (test && test.type !== "Literal") { for (const value of values) mutate(test, value); }
        };
        return {
          IfStatement: ({ test }) => condition(test, "true", "false"),
          ConditionalExpression: ({ test }) => condition(test, "true", "false"),
          WhileStatement: ({ test }) => condition(test, "false"),
          ForStatement: ({ test }) => condition(test, "false"),
          LogicalExpression(node) {
            if (node.operator === "??") mutate(node, sourceCode.getText(node.left));
            else operator(node.left, node.right, node.operator, OPERATORS[node.operator]);
          },
          BinaryExpression(node) {
            if (node.operator === "+" && (isText(node.left) || isText(node.right))) return;
            operator(node.left, node.right, node.operator, OPERATORS[node.operator]);
          },
          AssignmentExpression(node) {
            if (node.operator === "+=" && isText(node.right)) return;
            operator(node.left, node.right, node.operator, OPERATORS[node.operator]);
          },
          UpdateExpression(node) {
            const at = node.prefix ? node.range[0] : node.range[1] - 2;
            mutate(node, OPERATORS[node.operator], [at, at + 2]);
          },
          UnaryExpression(node) {
            if (node.operator !== "!" && node.operator !== "-") return;
            mutate(node, "", [node.range[0], node.argument.range[0]]);
          },
          ExpressionStatement(node) {
            const { expression } = node;
            if (expression.type === "CallExpression" && expression.callee.type === "Super") return;
            mutate(node, NOTHING);
          },
          ContinueStatement: (node) => mutate(node, NOTHING),
          ReturnStatement(node) {
            if (!node.argument) mutate(node, NOTHING);
          },
          MemberExpression({ property, parent }) {
            if (parent?.type !== "CallExpression" || property.type !== "Identifier") return;
            if (Object.hasOwn(METHODS, property.name)) mutate(property, METHODS[property.name]);
          },
          Literal(node) {
            const { value, parent } = node as Node & { value: unknown; parent: Node };
            if (parent.type.startsWith("TS")) return;
            if (typeof value === "number" && parent.type === "PropertyDefinition") return; // set before it is read, mostly
            if (typeof value === "boolean") mutate(node, String(!value));
            if (typeof value !== "number") return;
            mutate(node, String(value + 1));
            if (value > 1) mutate(node, String(value - 1));
          },
        };
      },
    },
  },
} satisfies Deno.lint.Plugin;
