/**
 * The element of an id, of the kind that is wanted.
 *
 * @template {Element} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function elementAt(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no #${id} that is a ${kind.name}.`);
  return found;
}

/**
 * A new element with a class and what is in it. Texts stay texts, whatever stands in them.
 *
 * @param {string} tag
 * @param {string} className
 * @param {...(Node | string)} content
 */
export function newElement(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content);
  return element;
}
