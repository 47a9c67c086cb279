/** What is wrong with the jars of a folder, or undefined; `list` as `sha256sum` writes it. */
export function complaint(folder: string, list: string): string | undefined;
