/** What agents may use. */
import type { ApprovalTerms } from './approval.ts';
import type { Json, JsonObject } from './json.ts';

/**
 * What a repetition of a call does. `none`: nothing, it only reads. `keyed`: nothing either, if the tool is given the same key. `once`: it
 * would do it again, so a call whose answer was lost is never repeated.
 */
export type ToolEffect = 'none' | 'keyed' | 'once';

/** Of a call that changes something: withdrawing the turn does not undo it. */
export type LastingEffect = Exclude<ToolEffect, 'none'>;

/** A tool, as a model is told of it. */
export interface ToolSpec {
  /** 1 to 64 characters of `A-Z a-z 0-9 _ -`. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly input: JsonObject;
}

/** One use of a tool, as a model asks for it. */
export interface ToolCall {
  /** The provider's name for it, unique in one answer. */
  readonly id: string;
  readonly tool: string;
  readonly input: JsonObject;
  /** What the model wrote instead of a JSON object, cut; `input` is empty then. */
  readonly malformed?: string;
  /** It changes something, which nobody undoes if its turn is withdrawn; absent: it only reads, or the tool is not known. */
  readonly effect?: LastingEffect;
  /** People have to approve it first. */
  readonly approval?: ApprovalTerms;
}

/** What came of a call, as the model is told. */
export interface ToolResult {
  readonly status: 'completed' | 'failed';
  readonly text: string;
}

/** One answer of a model that called tools, and what came of the calls. */
export interface ToolRound {
  readonly text: string;
  readonly calls: readonly (ToolCall & { readonly result: ToolResult })[];
}

/** Where an agent wants the conversation to go on. */
export interface Handoff {
  /** An agent of the session. */
  readonly agent: string;
  readonly reason?: string;
}

/** The value in a text that should be JSON, with or without a Markdown fence around it; undefined if there is none. */
export function jsonIn(text: string): Json | undefined {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text);
  try {
    return JSON.parse(fenced?.[1] ?? text) as Json;
  } catch {
    return undefined;
  }
}
