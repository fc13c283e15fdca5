/** Whether a GET of this URL is answered with a 2xx status. */
export function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}
