import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A model on loopback behind the two interfaces that Copilot and OpenCode (`/v1/chat/completions`) and Gemini
 * (`:streamGenerateContent`) speak. The prompt chooses the reply; one that begins with one of these words gets:
 *
 *   hang                  the stream opens and says nothing more until the client leaves
 *   error: STATUS         an HTTP error
 *   tool: NAME JSON       a call of that tool with these arguments
 *
 * and everything else is echoed: `You said: …`. A tool's result is answered with `Done.`; who asks for a title gets
 * `Title of: PROMPT`.
 */
export interface ChatApi extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, without a path. */
  url: string;
  /** The last words of each request, for tests that fail to say what came. */
  prompts: string[];
}

type Reply =
  | { kind: 'text'; text: string }
  | { kind: 'tool'; name: string; args: Record<string, unknown> }
  | { kind: 'hang' }
  | { kind: 'error'; status: number };

/** Starts the model on a free port of 127.0.0.1; disposing it ends its open streams too. */
export async function startChatApi(): Promise<ChatApi> {
  const prompts: string[] = [];
  const server = createServer((request, response) => {
    answer(request, response, prompts).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    prompts,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: bodies of three programs, each with a shape of its own
type Body = Record<string, any>;

async function answer(request: IncomingMessage, response: ServerResponse, prompts: string[]): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  const body: Body = text.startsWith('{') ? JSON.parse(text) : {};
  if (path.endsWith('/chat/completions')) answerChat(body, response, prompts);
  else if (path.endsWith(':streamGenerateContent')) answerGemini(body, response, prompts);
  else if (path.endsWith(':generateContent')) sendJson(response, geminiPlain(body));
  else if (path.endsWith('/models')) sendJson(response, { object: 'list', data: [{ id: 'fake-model' }] });
  else sendJson(response, {});
}

/** What is asked for, without what programs wrap round it. */
function promptOf(text: string): string {
  return text
    .replace(/<([a-z_-]+)>[\s\S]*?<\/\1>/g, '')
    .trim()
    .replace(/^"([\s\S]*)"$/, '$1');
}

function replyTo(prompt: string): Reply {
  const [, word, rest = ''] = /^(hang|error|tool)\b:?\s*([\s\S]*)$/.exec(prompt) ?? [];
  if (word === 'hang') return { kind: 'hang' };
  if (word === 'error') return { kind: 'error', status: Number.parseInt(rest, 10) || 400 };
  if (word === 'tool') {
    const [, name = '', args = '{}'] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
    return { kind: 'tool', name, args: JSON.parse(args || '{}') };
  }
  return { kind: 'text', text: `You said: ${prompt}` };
}

function plain(content: unknown): string {
  if (typeof content === 'string') return content;
  return Array.isArray(content) ? content.map((part: Body) => part.text ?? '').join('\n') : '';
}

function answerChat(body: Body, response: ServerResponse, prompts: string[]): void {
  const messages: Body[] = body.messages ?? [];
  const last = messages.at(-1);
  const prompt = promptOf(plain(messages.findLast((one) => one.role === 'user')?.content));
  prompts.push(`${last?.role}: ${prompt}`);
  const isTitle = !body.tools?.length && /title/i.test(plain(messages[0]?.content));
  const said = isTitle ? prompt.split('\n').at(-1)! : prompt;
  const reply: Reply = isTitle
    ? { kind: 'text', text: `Title of: ${said}`.slice(0, 80) }
    : last?.role === 'tool'
      ? { kind: 'text', text: 'Done.' }
      : replyTo(prompt);
  if (reply.kind === 'error') {
    sendError(response, reply.status);
    return;
  }
  const head = { id: 'chat-1', object: 'chat.completion', created: 1, model: body.model ?? 'fake-model' };
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  if (!body.stream) {
    const content = reply.kind === 'text' ? reply.text : '';
    const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
    sendJson(response, { ...head, choices: [choice], usage });
    return;
  }
  const send = startStream(response);
  const chunk = (delta: Body, finish_reason: string | null = null) =>
    send({ ...head, object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] });
  chunk({ role: 'assistant' });
  if (reply.kind === 'hang') return;
  if (reply.kind === 'text') chunk({ content: reply.text });
  else {
    const call = { name: reply.name, arguments: JSON.stringify(reply.args) };
    chunk({ tool_calls: [{ index: 0, id: `call_${prompts.length}`, type: 'function', function: call }] });
  }
  chunk({}, reply.kind === 'text' ? 'stop' : 'tool_calls');
  send({ ...head, object: 'chat.completion.chunk', choices: [], usage });
  response.end('data: [DONE]\n\n');
}

function answerGemini(body: Body, response: ServerResponse, prompts: string[]): void {
  const contents: Body[] = body.contents ?? [];
  const last = contents.at(-1);
  const isResult = (last?.parts ?? []).some((part: Body) => part.functionResponse);
  const prompt = promptOf(plain(contents.findLast((one) => one.role === 'user')?.parts));
  prompts.push(`${last?.role}: ${prompt}`);
  const reply: Reply = isResult ? { kind: 'text', text: 'Done.' } : replyTo(prompt);
  if (reply.kind === 'error') {
    sendError(response, reply.status);
    return;
  }
  const send = startStream(response);
  if (reply.kind === 'hang') {
    response.flushHeaders();
    return;
  }
  const part =
    reply.kind === 'text'
      ? { text: reply.text }
      : { functionCall: { id: `call_${prompts.length}`, name: reply.name, args: reply.args } };
  const usageMetadata = { promptTokenCount: 10, candidatesTokenCount: 5, totalTokenCount: 15 };
  send({ candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }], usageMetadata });
  response.end();
}

/** What Gemini asks besides the talk: which model fits, or a summary. */
function geminiPlain(body: Body): Body {
  const schema = body.generationConfig?.responseSchema ?? body.generationConfig?.responseJsonSchema;
  const prompt = promptOf(plain(body.contents?.at(-1)?.parts));
  const text = schema === undefined ? `Summary of: ${prompt}`.slice(0, 80) : JSON.stringify(valueFor(schema));
  const content = { role: 'model', parts: [{ text }] };
  return { candidates: [{ content, finishReason: 'STOP', index: 0 }], usageMetadata: { totalTokenCount: 1 } };
}

function valueFor(schema: Body): unknown {
  switch (String(schema.type).toUpperCase()) {
    case 'OBJECT': {
      const entries = Object.entries<Body>(schema.properties ?? {});
      return Object.fromEntries(entries.map(([name, one]) => [name, valueFor(one)]));
    }
    case 'ARRAY':
      return [];
    case 'NUMBER':
    case 'INTEGER':
      return 1;
    case 'BOOLEAN':
      return false;
    default:
      return schema.enum?.[0] ?? 'fake';
  }
}

function startStream(response: ServerResponse): (event: Body) => void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  return (event) => void response.write(`data: ${JSON.stringify(event)}\n\n`);
}

function sendJson(response: ServerResponse, body: Body): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code: status, message: 'made up', status: 'INVALID_ARGUMENT' } }));
}
