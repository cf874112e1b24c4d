/** Small helpers for nodes. Text from outside is only ever set as text, never as markup. */

/** A new element with a class and children. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** The element of index.html with this id. */
export function part<T extends HTMLElement>(id: string, type: new () => T): T {
  const node = document.getElementById(id);
  if (!(node instanceof type)) throw new Error(`index.html has no ${type.name} #${id}.`);
  return node;
}

/** Sets a text, if it is another one. */
export function setText(node: HTMLElement, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** A text that mostly grows: what is there stays, so a selection in it survives. */
export class GrowingText {
  readonly node = document.createTextNode('');

  set(text: string): void {
    const before = this.node.data;
    if (text === before) return;
    if (text.startsWith(before)) this.node.appendData(text.slice(before.length));
    else this.node.data = text;
  }
}

/** The nodes of a list, kept by key: what stays is not touched, so focus and selection survive. */
export class KeyedList<T extends { readonly node: HTMLElement }> {
  readonly #parent: HTMLElement;
  readonly #items = new Map<string, T>();

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  /** Makes the list these keys in this order; `make` is asked for those that are new. Gives the items. */
  set(keys: readonly string[], make: (key: string) => T): readonly T[] {
    const wanted = new Set(keys);
    for (const [key, { node }] of this.#items) {
      if (wanted.has(key)) continue;
      node.remove();
      this.#items.delete(key);
    }
    let at = this.#parent.firstElementChild;
    return keys.map((key) => {
      const item = this.#items.get(key) ?? make(key);
      this.#items.set(key, item);
      if (item.node === at) at = at.nextElementSibling;
      else this.#parent.insertBefore(item.node, at);
      return item;
    });
  }
}
