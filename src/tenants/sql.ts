/** SQL with its values beside it; a statement can be part of another one. */
import type { Statement, Value } from '../archive/index.ts';

export function sql(texts: TemplateStringsArray, ...given: readonly (Value | Statement)[]): Statement {
  const values: Value[] = [];
  const text = texts.reduce((before, after, index) => {
    const each = given[index - 1] ?? null;
    if (typeof each !== 'object' || each === null) {
      values.push(each);
      return `${before}$${values.length}${after}`;
    }
    const first = values.length;
    values.push(...(each.values ?? []));
    return `${before}${each.sql.replaceAll(/\$(\d+)/g, (_all, n: string) => `$${first + Number(n)}`)}${after}`;
  });
  return { sql: text, values };
}

/** The conditions that are there, all of them; none: true. */
export function where(...conditions: readonly (Statement | undefined)[]): Statement {
  return conditions
    .filter((each) => each !== undefined)
    .reduce<Statement>((before, each) => sql`${before} AND ${each}`, sql`WHERE 1 = 1`);
}
