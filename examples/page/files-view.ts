/** The files of a message: images are shown, all else can be saved. What a file holds is never part of the page: an image is only drawn. */
import { isImage } from '../../src/contracts/public.ts';
import type { FilePart } from '../../src/contracts/public.ts';
import { el } from './dom.ts';

export interface FileSource {
  download(part: FilePart): Promise<Blob>;
}

/** Larger images can be saved, bytes. */
const SHOWN_BYTES = 8 * 1024 * 1024;

export class FilesView {
  readonly node = el('ul', 'files');
  readonly #source: FileSource;
  #shown = '';

  constructor(source: FileSource) {
    this.#source = source;
    this.node.hidden = true;
  }

  /** A message's files never change. */
  set(parts: readonly FilePart[]): void {
    const shown = parts.map(({ file }) => file).join();
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.node.hidden = parts.length === 0;
    this.node.replaceChildren(...parts.map((part) => el('li', '', this.#one(part))));
  }

  #one(part: FilePart): HTMLElement {
    const save = el('button', 'quiet', `${part.name} (${sizeOf(part)})`);
    save.type = 'button';
    save.title = 'Save';
    save.addEventListener('click', () => void this.#save(part, save));
    if (!isImage(part) || part.bytes > SHOWN_BYTES) return save;
    const image = el('img', 'shown-image');
    image.alt = part.name;
    void this.#show(part, image);
    return el('figure', '', image, el('figcaption', '', save));
  }

  async #show(part: FilePart, image: HTMLImageElement): Promise<void> {
    const blob = await this.#source.download(part).catch(() => null);
    // Without it the name is left.
    if (!blob) {
      image.remove();
      return;
    }
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      if (typeof reader.result === 'string') image.src = reader.result;
    });
    // Of the type that it may have: others are never drawn, whatever the server says.
    reader.readAsDataURL(new Blob([blob], { type: part.contentType }));
  }

  async #save(part: FilePart, button: HTMLButtonElement): Promise<void> {
    button.disabled = true;
    try {
      const link = el('a');
      link.href = URL.createObjectURL(await this.#source.download(part));
      link.download = part.name;
      link.click();
      // The browser has begun to save it by then.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch {
      button.title = 'It cannot be read.';
    } finally {
      button.disabled = false;
    }
  }
}

function sizeOf({ bytes }: FilePart): string {
  const units = ['bytes', 'kB', 'MB', 'GB'];
  const power = bytes < 1_000 ? 0 : Math.min(3, Math.floor(Math.log10(bytes) / 3));
  const number = bytes / 1_000 ** power;
  return `${power === 0 || number >= 100 ? Math.round(number) : number.toFixed(1)} ${units[power]}`;
}
