/** What Python is given to install packages of exact versions, without building any. */
export function pipInstall(...packages) {
  const quietly = ["--quiet", "--disable-pip-version-check", "--only-binary=:all:"];
  return ["-m", "pip", "install", ...quietly, ...packages];
}
