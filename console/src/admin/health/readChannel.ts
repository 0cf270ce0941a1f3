import { api, type Schema } from '../../api/client';
import type { Left } from './channelChecks';

const most = 50; // what is counted at most

/** A channel's report, with how much of it waits to be looked at. */
export async function readChannel(id: string): Promise<{ report: Schema['ChannelHealthReport']; left: Left }> {
  const [report, quarantine, dead] = await Promise.all([
    api.get('/v1/channels/{channel_id}/health', { path: { channel_id: id } }),
    api.get('/v1/quarantine', { query: { channel_id: id, limit: most } }),
    api.get('/v1/dead-letters', { query: { channel_id: id, limit: most } }),
  ]);
  return { report, left: { quarantine: quarantine.data.length, dead: dead.data.length, most } };
}
