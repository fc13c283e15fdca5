export const dbName = 'openvidu-meet';
