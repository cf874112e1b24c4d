/** What is kept in the browser. Storage may be forbidden. */

export function stored(name: string, storage: () => Storage): string | null {
  try {
    return storage().getItem(name);
  } catch {
    return null;
  }
}

export function store(name: string, value: string | null, storage: () => Storage): void {
  try {
    if (value === null) storage().removeItem(name);
    else storage().setItem(name, value);
  } catch {
    // It is then asked for again after a reload.
  }
}
