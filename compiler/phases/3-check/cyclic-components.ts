/**
 * By node, the strongly connected component that it is in: nodes with the same number reach each other. Null for a node that no way leads
 * back to. Tarjan's algorithm, in time linear to the edges; without recursion, as the longest way may be as long as the graph.
 */
export function findCyclicComponents(targets: readonly (readonly number[])[]): readonly (number | null)[] {
  const components = new Array<number | null>(targets.length).fill(null);
  /** The order in which nodes were found, from 1; 0 before. */
  const found = new Uint32Array(targets.length);
  /** The earliest node on the stack that is reached from here. */
  const lowest = new Uint32Array(targets.length);
  const onStack = new Uint8Array(targets.length);
  const stack: number[] = [];
  let count = 0;

  const enter = (node: number): { readonly node: number; next: number } => {
    found[node] = lowest[node] = ++count;
    onStack[node] = 1;
    stack.push(node);
    return { node, next: 0 };
  };

  for (let root = 0; root < targets.length; root++) {
    if (found[root] !== 0) continue;
    const path = [enter(root)];
    for (let visit = path.at(-1); visit; visit = path.at(-1)) {
      const { node } = visit;
      const target = targets[node]?.[visit.next++];
      if (target !== undefined) {
        if (found[target] === 0) path.push(enter(target));
        else if (onStack[target]) lowest[node] = Math.min(lowest[node] ?? 0, found[target] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.node;
      if (parent !== undefined) lowest[parent] = Math.min(lowest[parent] ?? 0, lowest[node] ?? 0);
      if (lowest[node] === found[node]) closeComponent(node);
    }
  }
  return components;

  function closeComponent(root: number): void {
    const members = stack.splice(stack.lastIndexOf(root));
    const isCyclic = members.length > 1 || targets[root]?.includes(root);
    for (const member of members) {
      onStack[member] = 0;
      if (isCyclic) components[member] = root;
    }
  }
}
