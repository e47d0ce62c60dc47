import { buffer } from 'node:stream/consumers';
import type { FastifyReply } from 'fastify';
import { logEvent } from '../events.ts';
import { Problem } from '../problems.ts';
import type { PreparedCall } from './prepared-call.ts';
import {
  closeCall,
  cutCall,
  type ForwardContext,
  pauseDeadline,
  reportCall,
  restartDeadline,
  startCall,
} from './running-call.ts';
import { createUpload } from './upload.ts';
import { runCall } from './upstream-answer.ts';

/** Whether the browser has left before anything was answered. */
export const hasLeft = (reply: FastifyReply): boolean => {
  if (!reply.raw.destroyed) return false;
  reply.hijack();
  logEvent(reply.request.log, 'client_gone', {});
  return true;
};

/**
 * What is answered when a call or an upgrade fails; only logged when that cannot be.
 *
 * @throws Problem, the cause where it is one.
 */
export const settleFailure = (reply: FastifyReply, cause: unknown): void => {
  const { raw, log } = reply.request;
  if (reply.sent) {
    logEvent(log, 'cut', { err: cause });
    return;
  }
  if (hasLeft(reply)) return;
  if (!raw.complete) reply.header('connection', 'close');
  if (cause instanceof Problem) throw cause;
  throw new Problem('upstream_unavailable', 'The upstream cannot be reached', { cause });
};

/**
 * Sends the request on and the answer back, both as they come, with back-pressure. An answer that breaks off cuts the
 * browser's connection.
 *
 * @throws Problem `upstream_timeout`, `upstream_unavailable`, `payload_too_large`, `step_up_required` where the upstream
 * asks for it, or `session_expired` when the session ends, as long as nothing was answered.
 */
export const forward = async (
  context: ForwardContext,
  call: PreparedCall,
  reply: FastifyReply,
): Promise<void> => {
  const running = startCall(context, call, reply);
  try {
    const upload = createUpload(call.request.raw, context.maxBodyBytes, {
      pauseDeadline: () => pauseDeadline(running),
      restartDeadline: () => restartDeadline(running),
      cut: (problem) => cutCall(running, problem),
    });
    running.body = upload !== null && context.calls.keepsBody(call) ? await buffer(upload) : upload;
    if (running.cutBy !== undefined) throw running.cutBy;
    await runCall(running);
  } catch (error) {
    if (!reply.sent) reportCall(running, 'failed');
    settleFailure(reply, error);
  } finally {
    closeCall(running);
  }
};
