export const dbName = 'openvidu-meet';
export const mediaKeyOf = (roomId: string, uid: string) => `recordings/${roomId}/${roomId}--${uid}.mp4`;
