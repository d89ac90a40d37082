// The mutations, as a plugin of `deno lint`: it has parsed the files, and tells each mutant as a diagnostic.

type Node = Deno.lint.Node;

/** A change of one place in a file, in UTF-16 code units. */
export interface Change {
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

/** Constants of a module are what tests import and compare with; only what code says in place is changed by one. */
function isOfModule(node: Node): boolean {
  for (let at: Node | undefined = node; at; at = (at as { parent?: Node }).parent) {
    if (/Function|ClassBody/.test(at.type)) return false;
  }
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
        const mutate = (range: readonly [number, number], replacement: string) => {
          const change: Change = { from: range[0], to: range[1], replacement };
          context.report({ range: [...range], message: JSON.stringify(change) });
        };
        /** Between two operands stands one operator, and maybe comments. */
        const operator = (left: Node, right: Node, text: string, replacement: string | undefined) => {
          if (replacement === undefined) return;
          const at = sourceCode.text.indexOf(text, left.range[1]);
          if (at < right.range[0]) mutate([at, at + text.length], replacement);
        };
        const condition = (test: Node | null, ...values: string[]) => {
          if (test && test.type !== "Literal") { for (const value of values) mutate(test.range, value); }
        };
        return {
          IfStatement: ({ test }) => condition(test, "true", "false"),
          ConditionalExpression: ({ test }) => condition(test, "true", "false"),
          WhileStatement: ({ test }) => condition(test, "false"),
          ForStatement: ({ test }) => condition(test, "false"),
          LogicalExpression(node) {
            if (node.operator === "??") mutate(node.range, sourceCode.getText(node.left));
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
            mutate([at, at + 2], OPERATORS[node.operator]);
          },
          UnaryExpression(node) {
            if (node.operator === "!") mutate([node.range[0], node.argument.range[0]], "");
            if (node.operator === "-") mutate([node.range[0], node.argument.range[0]], "");
          },
          ExpressionStatement(node) {
            const { expression } = node;
            if (expression.type === "CallExpression" && expression.callee.type === "Super") return;
            mutate(node.range, NOTHING);
          },
          ContinueStatement: (node) => mutate(node.range, NOTHING),
          ReturnStatement(node) {
            if (!node.argument) mutate(node.range, NOTHING);
          },
          MemberExpression({ property, parent }) {
            if (parent?.type !== "CallExpression" || property.type !== "Identifier") return;
            if (Object.hasOwn(METHODS, property.name)) mutate(property.range, METHODS[property.name]);
          },
          Literal(node) {
            const { value, parent } = node as Node & { value: unknown; parent: Node };
            if (parent.type.startsWith("TS") || isOfModule(node)) return;
            if (typeof value === "boolean") mutate(node.range, String(!value));
            if (typeof value !== "number") return;
            mutate(node.range, String(value + 1));
            if (value > 1) mutate(node.range, String(value - 1));
          },
        };
      },
    },
  },
} satisfies Deno.lint.Plugin;
