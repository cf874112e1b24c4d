/** The events that the workflow holds until the archive has them. */
import { expect, test } from '@jest/globals';
import type { LoggedEvent } from '../../../src/contracts/index.ts';
import { HeldEvents } from '../../../workflows/facts/held-events.ts';

function event(id: string, seq: number): LoggedEvent {
  return { ...{ id, seq, type: 'step.completed', at: 1 }, data: { text: id } };
}

const ids = (events: readonly LoggedEvent[]): string[] => events.map(({ id }) => id);

test('are let go when the archive has them, and their size with them', () => {
  const held = new HeldEvents([event('b', 2), event('a', 1)]);
  expect(ids(held.list())).toEqual(['a', 'b']);
  held.dropTo(1);
  expect(ids(held.list())).toEqual(['b']);
  held.dropTo(2);
  expect(held.chars).toBe(0);
});

test('count their size right when they move', () => {
  const held = new HeldEvents([event('a', 1)]);
  held.move('a', 100_000);
  held.dropTo(100_000);
  expect(held.chars).toBe(0);
});

test('are one for an id', () => {
  const held = new HeldEvents([event('a', 1), event('a', 7)]);
  expect(held.list().map(({ seq }) => seq)).toEqual([7]);
});

test('come in pages, each with at least one', () => {
  const held = new HeldEvents([event('a', 1), event('b', 2), event('c', 3)]);
  const one = JSON.stringify(event('a', 1)).length;
  expect(ids(held.page(0, 2 * one))).toEqual(['a', 'b']);
  expect(ids(held.page(2, 2 * one))).toEqual(['c']);
  expect(ids(held.page(1, 1))).toEqual(['b']);
  expect(held.page(3, one)).toEqual([]);
});
