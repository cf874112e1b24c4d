/** Credentials in URLs (`redis://user:password@host`) must reach neither a log nor an error message. */

/** Longest user name and longest password that are looked for, characters; they also bound the search. */
const CREDENTIALS = /\/\/[^\s"'\\/@:]{0,256}:[^\s"'\\@]{0,1024}@/g;

/** The text with `***` in the place of the user and password of every URL in it. */
export function withoutCredentials(text: string): string {
  return text.includes('@') ? text.replace(CREDENTIALS, '//***@') : text;
}
