/** What is looked at of a query's syntax tree, as `json_serialize_sql` of DuckDB gives it; nothing else of it is relied on. */
export type Tree = null | boolean | number | string | readonly Tree[] | { readonly [member: string]: Tree };

/** A node of the tree: it has a type. */
export type Node = { readonly [member: string]: Tree };

export function isNode(tree: Tree | undefined): tree is Node {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree);
}

/** Every node in a tree, itself first. */
export function* nodesIn(tree: Tree | undefined): Generator<Node> {
  if (Array.isArray(tree)) for (const one of tree) yield* nodesIn(one);
  else if (isNode(tree)) {
    yield tree;
    for (const one of Object.values(tree)) yield* nodesIn(one);
  }
}

export function wordOf(node: Node, member: string): string {
  const value = node[member];
  return typeof value === "string" ? value : "";
}

export function childrenOf(node: Node, member: string): readonly Tree[] {
  const value = node[member];
  return Array.isArray(value) ? value : [];
}

/** The parts of a condition that must all be true. */
export function conjunctsOf(condition: Tree | undefined): Node[] {
  if (!isNode(condition)) return [];
  if (wordOf(condition, "type") !== "CONJUNCTION_AND") return [condition];
  return childrenOf(condition, "children").flatMap((child) => conjunctsOf(child));
}

/**
 * The tree with all places set to 0: they are 64 bits wide, which JavaScript's numbers are not. To be put back into SQL, where
 * places mean nothing.
 */
export function withoutPlaces(tree: Tree): Tree {
  if (Array.isArray(tree)) return tree.map(withoutPlaces);
  if (!isNode(tree)) return tree;
  return Object.fromEntries(
    Object.entries(tree).map(([name, value]) => [name, name === "query_location" ? 0 : withoutPlaces(value)]),
  );
}
