/** Whether slow tests run at full size, as in `npm run test:long`. Otherwise they run at a fraction of it. */
export const isFullSize = process.env['FULL_SIZE'] === 'true';
