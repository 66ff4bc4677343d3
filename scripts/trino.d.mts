export const TRINO_VERSION: string;
export const TRINO_FOLDER: string;
export function findJdk(): string | null;
