import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A Messages API on loopback in which the prompt chooses the reply. A prompt (the user's, or the one a subagent is
 * given) that begins with one of these words gets:
 *
 *   slow: N               N words, ten a second
 *   hang                  the stream opens and says nothing more until the client leaves
 *   hold                  the stream opens, and goes on with `Released.` when the test calls `release`
 *   error: STATUS TEXT    an HTTP error that Claude doesn't retry (400 unless named), with this message
 *   limit: SECONDS        the error of a subscription's five-hour limit that ends in so many seconds
 *   refuse                an answer that stops because the model refuses
 *   full                  an answer that stops because it is as long as allowed
 *   bash: COMMAND         a call of the Bash tool; `COMMAND ++ COMMAND` two calls in one message
 *   background: COMMAND   the same with run_in_background
 *   ask: QUESTION         a call of AskUserQuestion with the answers Red and Blue
 *   agent: PROMPT         a call of the Agent tool, whose prompt is the rest
 *   agent&: PROMPT        the same, in the background
 *   plan: TEXT            a call of ExitPlanMode
 *
 * and everything else is echoed: `You said: …`. A tool's result is answered with `Done.`. What Claude asks for its own
 * bookkeeping gets a fitting answer: a session's title is `Title of: PROMPT`.
 */
export interface FakeApi extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL. */
  url: string;
  /** The bodies of all message requests so far, oldest first. */
  requests: MessageRequest[];
  /** Lets the answers to `hold` come that are waited for now; says how many that are. */
  release(): number;
}

/** What the lab looks at in the body of `POST /v1/messages`. */
export interface MessageRequest {
  model: string;
  stream?: boolean;
  system?: unknown;
  output_config?: { format?: { type: string } };
  messages: { role: string; content: string | Block[] }[];
  tools?: { name: string }[];
}

interface Block {
  type: string;
  text?: string;
}

type Reply =
  | { kind: 'text'; text: string; pause?: number; stop?: 'refusal' | 'max_tokens' }
  | { kind: 'tools'; calls: Call[] }
  | { kind: 'hang' }
  | { kind: 'hold'; text: string }
  | { kind: 'error'; status: number; text?: string; headers?: Record<string, string> };

const refused: Reply = { kind: 'text', text: '', stop: 'refusal' };
const tooLong: Reply = { kind: 'text', text: 'This goes on and on', stop: 'max_tokens' };

interface Call {
  name: string;
  input: Record<string, unknown>;
}

/** Starts the API on a free port of 127.0.0.1; disposing it ends its open streams too. */
export async function startFakeApi(): Promise<FakeApi> {
  const requests: MessageRequest[] = [];
  const held: (() => void)[] = [];
  const server = createServer((request, response) => {
    answer(request, response, requests, held).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    release() {
      const released = held.splice(0);
      for (const goOn of released) goOn();
      return released.length;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  requests: MessageRequest[],
  held: (() => void)[],
): Promise<void> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) text += piece;
  const path = (request.url ?? '').split('?')[0];
  if (request.method !== 'POST' || path !== '/v1/messages') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(path === '/v1/messages/count_tokens' ? '{"input_tokens":10}' : '{}');
    return;
  }
  const body = JSON.parse(text) as MessageRequest;
  requests.push(body);
  await send(response, body, bookkeeping(body) ?? choose(body), held);
}

/**
 * The reply to a request that no prompt of the user's made (seen in 2.1.330), or null: the title is asked for with a
 * JSON schema, a background session's label and state without a stream.
 */
function bookkeeping(body: MessageRequest): Reply | null {
  const asked = lastUserBlocks(body)
    .map((block) => block.text ?? '')
    .join('\n');
  if (body.output_config?.format?.type === 'json_schema') {
    const prompt = /<session>\n([\s\S]*)\n<\/session>/.exec(asked)?.[1] ?? '';
    return { kind: 'text', text: JSON.stringify({ title: `Title of: ${prompt}` }) };
  }
  if (body.stream === true) return null;
  if (/lowercase label/.test(asked)) return { kind: 'text', text: 'lab job' };
  return { kind: 'text', text: '{"state":"done","detail":"It ended","tempo":"idle","output":{}}' };
}

/** The reply that the newest user message of a request asks for. Claude merges what came after a failed turn into it. */
function choose(body: MessageRequest): Reply {
  const blocks = lastUserBlocks(body);
  // After a refusal and after an answer that is too long Claude asks again by itself, and is told the same.
  const again = (said: RegExp) => blocks.some((block) => said.test(block.text ?? ''));
  if (again(/^(<system-reminder>\s*)?Output token limit hit/)) return tooLong;
  if (again(/^(<system-reminder>\s*)?Your response above was stopped/)) return refused;
  const result = blocks.findLastIndex((block) => block.type === 'tool_result');
  const prompt = blocks
    .slice(result + 1)
    .map((block) => block.text?.trim() ?? '')
    .findLast((text) => text !== '' && !text.startsWith('<') && !text.startsWith('[Request interrupted'));
  if (prompt === undefined) return { kind: 'text', text: 'Done.' };
  return script(prompt) ?? { kind: 'text', text: `You said: ${prompt.slice(0, 200)}` };
}

function lastUserBlocks(body: MessageRequest): Block[] {
  const content = body.messages.findLast((message) => message.role === 'user')?.content ?? '';
  return typeof content === 'string' ? [{ type: 'text', text: content }] : content;
}

function script(prompt: string): Reply | null {
  const [, verb, rest = ''] = /^([a-z]+&?)(?::\s*([\s\S]*))?$/.exec(prompt) ?? [];
  const tool = (name: string, input: Call['input']): Reply => ({ kind: 'tools', calls: [{ name, input }] });
  const bash = (command: string) => ({ name: 'Bash', input: { command, description: 'Run what the lab asks for' } });
  switch (verb) {
    case 'slow':
      return { kind: 'text', text: 'word '.repeat(Number(rest)), pause: 100 };
    case 'hang':
      return { kind: 'hang' };
    case 'hold':
      return { kind: 'hold', text: 'Released.' };
    case 'error': {
      const [, status, text] = /^(\d*)\s*([\s\S]*)$/.exec(rest) ?? [];
      return { kind: 'error', status: Number(status) || 400, ...(text ? { text } : {}) };
    }
    case 'limit':
      return { kind: 'error', status: 429, text: 'Error', headers: fiveHourLimit(Number(rest)) };
    case 'refuse':
      return refused;
    case 'full':
      return tooLong;
    case 'bash':
      return { kind: 'tools', calls: rest.split(' ++ ').map(bash) };
    case 'background':
      return tool('Bash', { ...bash(rest).input, run_in_background: true });
    case 'ask':
      return tool('AskUserQuestion', {
        questions: [
          {
            question: rest,
            header: 'Choice',
            multiSelect: false,
            options: [
              { label: 'Red', description: 'The first' },
              { label: 'Blue', description: 'The second' },
            ],
          },
        ],
      });
    case 'agent':
    case 'agent&':
      return tool('Agent', {
        description: 'Help the lab',
        prompt: rest,
        subagent_type: 'general-purpose',
        run_in_background: verb === 'agent&',
      });
    case 'plan':
      return tool('ExitPlanMode', { plan: rest });
    default:
      return null;
  }
}

/** What the API calls its errors. */
const errorTypes: Record<number, string> = {
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
};

function fiveHourLimit(seconds: number): Record<string, string> {
  const reset = String(Math.round(Date.now() / 1000) + seconds);
  const name = 'anthropic-ratelimit-unified';
  return {
    [`${name}-status`]: 'rejected',
    [`${name}-reset`]: reset,
    [`${name}-representative-claim`]: 'five_hour',
    [`${name}-5h-status`]: 'rejected',
    [`${name}-5h-reset`]: reset,
    [`${name}-5h-utilization`]: '1.0',
    [`${name}-overage-status`]: 'rejected',
    [`${name}-overage-disabled-reason`]: 'org_level_disabled',
  };
}

let made = 0;

async function send(response: ServerResponse, body: MessageRequest, reply: Reply, held: (() => void)[]): Promise<void> {
  if (reply.kind === 'error') {
    const headers = { 'content-type': 'application/json', 'x-should-retry': 'false', ...reply.headers };
    const type = errorTypes[reply.status] ?? 'invalid_request_error';
    response.writeHead(reply.status, headers);
    response.end(JSON.stringify({ type: 'error', error: { type, message: reply.text ?? 'The lab says no' } }));
    return;
  }
  made += 1;
  const message = {
    id: `msg_lab_${made}`,
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 1, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 },
  };
  const tools = reply.kind === 'tools' ? reply.calls : [];
  const blocks = [
    { type: 'text', text: 'text' in reply ? reply.text : 'Let me see.' },
    ...tools.map((call, index) => ({ type: 'tool_use', id: `toolu_lab_${made}_${index}`, ...call })),
  ];
  const stop = tools.length > 0 ? 'tool_use' : (reply.kind === 'text' && reply.stop) || 'end_turn';
  if (body.stream !== true) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ ...message, content: blocks, stop_reason: stop }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
  const event = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  event('message_start', { message });
  if (reply.kind === 'hang') {
    await new Promise((resolve) => response.once('close', resolve));
    return;
  }
  if (reply.kind === 'hold') await new Promise<void>((resolve) => held.push(resolve));
  for (const [index, block] of blocks.entries()) {
    const delta = (type: string, data: object) => event('content_block_delta', { index, delta: { type, ...data } });
    event('content_block_start', {
      index,
      content_block: { ...block, ...('text' in block ? { text: '' } : { input: {} }) },
    });
    if ('input' in block) delta('input_json_delta', { partial_json: JSON.stringify(block.input) });
    for (const word of ('text' in block && block.text.match(/\S+\s*/g)) || []) {
      if (response.destroyed) return;
      delta('text_delta', { text: word });
      if (reply.kind === 'text' && reply.pause) await new Promise((resolve) => setTimeout(resolve, reply.pause));
    }
    event('content_block_stop', { index });
  }
  event('message_delta', { delta: { stop_reason: stop, stop_sequence: null }, usage: { output_tokens: 5 } });
  event('message_stop', {});
  response.end();
}
