import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * OpenAI's Responses API on loopback, as far as Codex 0.100 to 0.171 asks for it, in which the last prompt chooses the
 * reply. One that begins with one of these words gets:
 *
 *   HANG            the stream opens and says nothing more until the client leaves
 *   BASH COMMAND    a call of the shell that asks for permission
 *   TASK PROMPT     a call that spawns a sub-agent with that prompt
 *   ERR STATUS      an HTTP error
 *
 * and everything else is echoed: `Echo: …`. A tool's result is answered with `Done.`.
 */
export interface ResponsesApi extends AsyncDisposable {
  /** For `base_url`. */
  url: string;
}

/** Starts the API on a free port of 127.0.0.1; disposing it ends its open streams too. */
export async function startResponsesApi(): Promise<ResponsesApi> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Item {
  type?: string;
  role?: string;
  content?: string | { text?: string }[];
}

let made = 0;
const newId = (kind: string) => `${kind}_${Date.now().toString(36)}${(made++).toString(36)}`;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let text = '';
  for await (const piece of request) text += piece;
  if (!request.url?.endsWith('/responses')) {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(request.url?.includes('models') ? { data: [], models: [] } : {}));
    return;
  }
  const { input = [] } = JSON.parse(text) as { input?: Item[] };
  const [word = '', ...others] = promptIn(input).split(' ');
  const rest = others.join(' ');
  if (word === 'ERR') {
    response.writeHead(Number(rest) || 400, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ error: { message: 'the fake API refuses', type: 'invalid_request_error' } }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  const id = newId('resp');
  send('response.created', { response: { id } });
  if (word === 'HANG') return;
  const items =
    input.at(-1)?.type === 'function_call_output' ? [message('Done.')] : itemsFor(word, rest, promptIn(input));
  items.forEach((item, index) => {
    send('response.output_item.added', { output_index: index, item });
    send('response.output_item.done', { output_index: index, item });
  });
  const details = { input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } };
  const usage = { input_tokens: 10, output_tokens: 5, total_tokens: 15, ...details };
  send('response.completed', { response: { id, output: items, usage } });
  response.end();
}

/** The last thing that a person, or a parent agent, said; without what Codex wraps round it. */
function promptIn(input: Item[]): string {
  const said = input.filter(({ type, role }) => (type === undefined || type === 'message') && role === 'user');
  const texts = said.map(({ content }) =>
    typeof content === 'string' ? content : (content ?? []).map(({ text }) => text ?? '').join('\n'),
  );
  return (texts.findLast((text) => !text.trimStart().startsWith('<')) ?? '').trim();
}

function itemsFor(word: string, rest: string, prompt: string): object[] {
  if (word === 'BASH') {
    const call = { cmd: rest, sandbox_permissions: 'require_escalated', justification: 'the lab wants it' };
    return [message('I will run it.'), functionCall('exec_command', call)];
  }
  if (word === 'TASK') {
    const call = functionCall('spawn_agent', { message: rest, task_name: 'lab' });
    return [message('I will spawn one.'), { ...call, namespace: 'multi_agent_v1' }];
  }
  return [message(`Echo: ${prompt}`)];
}

function message(text: string): object {
  return {
    type: 'message',
    id: newId('msg'),
    role: 'assistant',
    status: 'completed',
    content: [{ type: 'output_text', text }],
  };
}

function functionCall(name: string, args: object): object {
  return { type: 'function_call', id: newId('fc'), call_id: newId('call'), name, arguments: JSON.stringify(args) };
}
