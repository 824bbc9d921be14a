// Where the server under test listens.

const [host, port] = process.env.RKVS_ADDR.split(/:(?=\d+$)/);

export { host };
export const portNumber = Number(port);
