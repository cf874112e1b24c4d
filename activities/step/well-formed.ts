/**
 * Makes a text that comes in pieces well-formed. A provider may split a surrogate pair between two pieces; half of one without the other is
 * refused by most, so it would break every later request that shows it.
 */
export class WellFormed {
  #half = '';

  /** What may be handed on now; half of a pair at its end waits for the next piece. */
  add(piece: string): string {
    const text = this.#half + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#half = isHalf ? text.slice(-1) : '';
    return (isHalf ? text.slice(0, -1) : text).toWellFormed();
  }

  /** What is left when no more comes. */
  end(): string {
    const half = this.#half.toWellFormed();
    this.#half = '';
    return half;
  }
}
