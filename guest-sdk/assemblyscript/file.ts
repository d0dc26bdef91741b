import { hostWriteFile } from "./host";

/**
 * Gives a file with this content, a string, an `ArrayBuffer` or a `Uint8Array`: `files/<path of the input>/<name>` in the
 * output folder, once the task is done. A name has folders if it has slashes. If there is a file of this name, the content
 * is appended to it; each call goes to sandmill, so gather what is written in small pieces.
 *
 * A name that leads elsewhere (`..`, a leading slash), has control characters or backslashes, or differs from another in
 * nothing but case ends the task as `bad_output`.
 */
export function writeFile<T>(name: string, content: T): void {
  if (content instanceof Uint8Array) {
    hostWriteFile(name, content.dataStart, content.length);
  } else if (content instanceof ArrayBuffer) {
    hostWriteFile(name, changetype<usize>(content), content.byteLength);
  } else if (isString<T>()) {
    const bytes = String.UTF8.encode(changetype<string>(content));
    hostWriteFile(name, changetype<usize>(bytes), bytes.byteLength);
  } else {
    ERROR("a file holds a string, an ArrayBuffer or a Uint8Array");
  }
}
