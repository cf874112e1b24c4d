/** `1 turn`, `2 turns`, `1,000 turns`. `what`: the singular of a noun whose plural ends in -s. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
}
