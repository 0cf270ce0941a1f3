package tokens

import "context"

// Sweep is one round of Run.
func (k *Keeper) Sweep(ctx context.Context) error { return k.sweep(ctx) }
