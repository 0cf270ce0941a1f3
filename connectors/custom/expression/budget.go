package expression

// Bounds of what is evaluated together. A cost of 1 takes about 0.15 µs, of
// patterns and of JSON about 0.35 µs.
const (
	// budgetCost bounds everything that is evaluated for one call or answer, or
	// for a webhook outside of its items.
	budgetCost = 100_000
	// itemCost bounds one item of a webhook. An ordinary one costs 20 to 300.
	itemCost = 20_000
	// shareCost is what each item has for itself, whatever its neighbours take …
	shareCost = 1000
	// … and reserveCost what those that need more have together. When it is used
	// up, each evaluation is held to frugalLimit. 2,000 items so come to 3.5
	// million at most, which takes about half a second, of patterns alone about one.
	reserveCost = 500_000
	frugalLimit = 500
)

// Budget is what the evaluations for one call, answer or item may use together.
// It is looked at before each, so that the last may go over it. It is used by
// one goroutine.
type Budget struct {
	full, left uint64
	// Of an item: what is left of its share, and of the reserve of all.
	share   uint64
	reserve *uint64
}

// NewBudget returns a full budget.
func NewBudget() *Budget { return &Budget{full: budgetCost, left: budgetCost} }

// Items is what the evaluations for the items of one webhook may use. It grows
// with their number: one that is too dear takes nothing from those that are not.
type Items struct{ reserve uint64 }

// NewItems returns the full budget of a webhook's items.
func NewItems() *Items { return &Items{reserve: reserveCost} }

// Next returns the budget of the next item.
func (i *Items) Next() *Budget {
	return &Budget{full: itemCost, left: itemCost, share: shareCost, reserve: &i.reserve}
}

// Spent is the cost of all evaluations so far.
func (b *Budget) Spent() uint64 { return b.full - b.left }

// alone tells whether an item has nothing but its share.
func (b *Budget) alone() bool { return b.reserve != nil && *b.reserve == 0 }

func (b *Budget) empty() bool { return b.left == 0 || b.alone() && b.share == 0 }

func (b *Budget) spend(cost uint64) {
	b.left -= min(b.left, cost)
	own := min(b.share, cost)
	b.share -= own
	if b.reserve != nil {
		*b.reserve -= min(*b.reserve, cost-own)
	}
}
