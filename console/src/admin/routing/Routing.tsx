import '../parts/admin.css';
import { api } from '../../api/client';
import { Show, useLoad } from '../parts/load';
import { RoutingForm } from './RoutingForm';
import { Simulate } from './Simulate';

/** How conversations find their agents, and who would get one now. */
export default function Routing() {
  const settings = useLoad(() => api.get('/v1/settings'));
  return (
    <Show of={settings}>
      {(known) => (
        <div class="admin-stack">
          <RoutingForm key={known.version} settings={known} onSaved={settings.set} />
          <Simulate />
        </div>
      )}
    </Show>
  );
}
