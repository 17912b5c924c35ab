// One Slack of the npm package `emulate`, on loopback: `node emulate.mjs SEED` prints its address and serves until ended.
// Its own command line wants a newer Node than its library does, and picks no free port.
import { createServer } from "node:net";
import { createEmulator } from "emulate";

const port = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
await createEmulator({
  service: "slack",
  port,
  hostname: "127.0.0.1",
  baseUrl: `http://127.0.0.1:${port}`,
  seed: JSON.parse(process.argv[2]),
});
console.log(`http://127.0.0.1:${port}`);
