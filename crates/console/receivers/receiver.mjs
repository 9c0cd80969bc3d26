import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const secret = process.env.WEBHOOK_SECRET;

const same = (a, b) => a.length === b.length && timingSafeEqual(a, b);

function isGenuine(headers, body) {
@@CHECK@@
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    // Keep the body for later, and answer at once.
    response.writeHead(isGenuine(request.headers, body) ? 200 : 401).end();
  });
}).listen(process.env.PORT ?? 8000, '127.0.0.1');
