/** `npm run test:long` sets it: tests whose full size takes over a minute run at a fraction of it otherwise. */
export const isFullSize = process.env['FULL_SIZE'] === 'true';
