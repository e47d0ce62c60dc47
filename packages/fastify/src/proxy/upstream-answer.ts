import type { Dispatcher } from 'undici';
import { type AnswerHead, sendHead } from './answer-headers.ts';
import type { HeaderValues } from './hop-by-hop.ts';
import {
  cutCall,
  failCall,
  pauseDeadline,
  type RunningCall,
  reportCall,
  restartDeadline,
} from './running-call.ts';

type Controller = Dispatcher.DispatchController;

/** Passes the head on, and lets the body follow. */
const beginAnswer = (running: RunningCall, head: AnswerHead): void => {
  const { context, call, reply, idleTimeoutMs } = running;
  const challenge = context.calls.findChallenge(call, head);
  if (challenge !== undefined) {
    cutCall(running, challenge);
    return;
  }
  sendHead(reply, head.status, context.createAnswerHeaders(reply, call, head));
  running.hasDeadline = false;
  const { socket } = call.request.raw;
  if (idleTimeoutMs > 0) socket.setTimeout(idleTimeoutMs);
  if (String(head.upstream['content-type'] ?? '').startsWith('text/event-stream')) {
    // Events may be far apart: only a connection whose other end is gone without a FIN is cut.
    socket.setTimeout(0).setKeepAlive(true, 60_000);
    context.openStreams.add(running);
  }
  reportCall(running, head.status);
};

const endAnswer = ({ reply, ended }: RunningCall): void => {
  reply.raw.end();
  ended?.resolve();
};

/** Sends the call once more where there are better headers for it; else its answer goes to the browser. */
const sendAgain = async (running: RunningCall, controller: Controller, head: AnswerHead): Promise<void> => {
  running.answer = 'held';
  controller.pause();
  pauseDeadline(running);
  const headers = await running.context.calls.renewHeaders(running.call, head);
  if (running.cutBy !== undefined) return;
  restartDeadline(running);
  running.answer = 'last';
  if (headers !== undefined) {
    running.controller = undefined;
    controller.abort(new Error('The access token was refused'));
    send(running, headers);
  } else if (running.answerEnd instanceof Error) failCall(running, running.answerEnd);
  else {
    beginAnswer(running, head);
    if (running.answerEnd === undefined) controller.resume();
    else if (running.cutBy === undefined) endAnswer(running);
  }
};

/** What undici reads of the answer comes here. */
const createHandler = (running: RunningCall): Dispatcher.DispatchHandler => ({
  onRequestStart: (controller) => {
    running.controller = controller;
    if (running.cutBy !== undefined) controller.abort(running.cutBy);
  },
  onResponseStart: (controller, status, upstream) => {
    if (status < 200) return;
    const { calls } = running.context;
    const head = { status, upstream };
    calls.learn(running.call, head);
    if (running.answer === 'first' && calls.isRefused(running.call, head))
      sendAgain(running, controller, head).catch((error: Error) => cutCall(running, error));
    else beginAnswer(running, head);
  },
  onResponseData: (controller, chunk) => {
    const { raw } = running.reply;
    if (raw.write(chunk)) return;
    controller.pause();
    raw.once('drain', () => controller.resume());
  },
  onResponseEnd: () => {
    running.answerEnd = 'whole';
    if (running.answer !== 'held') endAnswer(running);
  },
  onResponseError: (controller, error) => {
    // The first answer breaks off when the second call is sent.
    if ((controller ?? undefined) !== running.controller) return;
    running.answerEnd = error;
    if (running.answer !== 'held') failCall(running, error);
  },
});

const send = (running: RunningCall, headers: HeaderValues): void => {
  const { context, body, call } = running;
  const { origin, target: path } = call.match;
  const sent = { path, method: call.request.method, headers, body, headersTimeout: 0, bodyTimeout: 0 };
  context.pools.get(origin).dispatch(sent, createHandler(running));
};

/** Sends the call, and waits for the end of its answer. */
export const runCall = async (running: RunningCall): Promise<void> => {
  running.ended = Promise.withResolvers<void>();
  send(running, running.call.headers);
  return running.ended.promise;
};
