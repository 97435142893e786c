/** The floor of `tap`: a bare page whose one button sends one WebSocket message to a Node process and shows the answer. */
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const PAGE = `<!doctype html><meta charset="utf-8"><style>button{width:300px;height:200px;font-size:40px}</style>
<div id="view" data-screen="0"><button data-event="NEXT">0</button></div>
<script>
  const link = new WebSocket('ws://' + location.host);
  const view = document.getElementById('view');
  view.onclick = () => link.send(JSON.stringify({ n: Number(view.dataset.screen) + 1 }));
  link.onmessage = ({ data }) => { const { n } = JSON.parse(data); view.dataset.screen = n; view.firstChild.textContent = n; };
  link.onopen = () => { document.title = 'open'; };
</script>`;

const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end(PAGE));
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (page) => page.on('message', (data) => page.send(String(data))));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit(0));
