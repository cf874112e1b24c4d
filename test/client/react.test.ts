/** What the React hooks stand on; in a browser they are tested by the console, which is made of them. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import type { Client, Session } from '../../src/client/index.ts';
import { connect } from '../../src/client/index.ts';
import { FrameStore } from '../../src/client/react/frame-store.ts';
import { hold, peek } from '../../src/client/react/held.ts';
import { ConvokeProvider, useAgent, useApprovals, useSession } from '../../src/client/react/index.ts';

const LINGER_MS = 5_000;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('a store', () => {
  function made() {
    const source = { value: 1, listeners: new Set<() => void>() };
    const store = new FrameStore({
      read: () => source.value,
      listen: (changed) => {
        source.listeners.add(changed);
        return () => source.listeners.delete(changed);
      },
    });
    const change = (value: number): void => {
      source.value = value;
      for (const listener of source.listeners) listener();
    };
    return { source, store, change };
  }

  test('tells its readers once a frame, and has the same value in between', () => {
    const { store, change } = made();
    const told = jest.fn();
    store.subscribe(told);
    jest.advanceTimersByTime(20);
    told.mockClear();
    for (let value = 2; value < 100; value += 1) change(value);
    expect([store.get(), told.mock.calls.length]).toEqual([1, 0]);
    jest.advanceTimersByTime(20);
    expect([store.get(), told.mock.calls.length]).toEqual([99, 1]);
  });

  test('a new reader is told what has changed while nobody read', () => {
    const { store, change } = made();
    change(7);
    const told = jest.fn();
    store.subscribe(told);
    jest.advanceTimersByTime(20);
    expect([store.get(), told.mock.calls.length]).toEqual([7, 1]);
  });

  test('listens as long as somebody reads', () => {
    const { source, store } = made();
    const stops = [store.subscribe(() => undefined), store.subscribe(() => undefined)];
    expect(source.listeners.size).toBe(1);
    for (const stop of stops) stop();
    expect(source.listeners.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('a session', () => {
  function client(): { readonly client: Client; readonly left: string[] } {
    const left: string[] = [];
    const session = (id: string): Session => {
      const status = { state: 'live' };
      const leave = (): void => {
        left.push(id);
        status.state = 'left';
      };
      return { id, status, leave } as unknown as Session;
    };
    return { client: { session } as unknown as Client, left };
  }

  test('is left a moment after the last component that uses it', () => {
    const { client: one, left } = client();
    const session = peek(one, 's1');
    const stops = [hold(one, 's1'), hold(one, 's1')];
    stops[0]!();
    jest.advanceTimersByTime(2 * LINGER_MS);
    expect(left).toEqual([]);
    stops[1]!();
    jest.advanceTimersByTime(LINGER_MS - 1);
    expect(peek(one, 's1')).toBe(session);
    const stop = hold(one, 's1');
    jest.advanceTimersByTime(2 * LINGER_MS);
    expect(left).toEqual([]);
    stop();
    jest.advanceTimersByTime(LINGER_MS);
    expect(left).toEqual(['s1']);
  });

  test('is left if the component that asked for it never appears', () => {
    const { client: one, left } = client();
    peek(one, 's1');
    jest.advanceTimersByTime(LINGER_MS);
    expect(left).toEqual(['s1']);
  });

  test('that the application has left is followed anew', () => {
    const { client: one } = client();
    const first = peek(one, 's1');
    hold(one, 's1');
    first.leave();
    expect(peek(one, 's1')).not.toBe(first);
  });
});

test('hooks are rendered on a server as they begin', () => {
  const client = connect({ url: 'http://127.0.0.1:1', token: 'dev' });
  function Page(): string {
    const { session, view, status } = useSession('s1');
    const { text, steps } = useAgent(session, 'ann');
    const { approvals } = useApprovals(session);
    return JSON.stringify([view, status.state, text, steps, approvals]).replaceAll('"', '');
  }
  try {
    const page = createElement(ConvokeProvider, { client }, createElement(Page));
    expect(renderToString(page)).toBe('[null,waiting,,[],[]]');
  } finally {
    client.close();
  }
});
