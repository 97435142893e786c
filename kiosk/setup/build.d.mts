/** Builds what changed. Throws, naming the file, where a source cannot be built. */
export function build(say?: (line: string) => void): Promise<void>;
