package sqlite

import "container/heap"

// pile is a heap whose items know where they are in it, so that they can be
// moved and taken out.
type pile[T any] struct {
	list   []T
	before func(a, b T) bool
	place  func(T) *int // where the item keeps its place
}

func (p *pile[T]) Len() int           { return len(p.list) }
func (p *pile[T]) Less(i, j int) bool { return p.before(p.list[i], p.list[j]) }

// Swap is for package heap.
func (p *pile[T]) Swap(i, j int) {
	p.list[i], p.list[j] = p.list[j], p.list[i]
	*p.place(p.list[i]), *p.place(p.list[j]) = i, j
}

// Push is for package heap: see add.
func (p *pile[T]) Push(x any) {
	item := x.(T)
	*p.place(item) = len(p.list)
	p.list = append(p.list, item)
}

// Pop is for package heap: see remove.
func (p *pile[T]) Pop() any {
	last := len(p.list) - 1
	item := p.list[last]
	var none T
	p.list[last] = none
	p.list = p.list[:last]
	return item
}

func (p *pile[T]) add(item T)    { heap.Push(p, item) }
func (p *pile[T]) remove(item T) { heap.Remove(p, *p.place(item)) }

// fix puts an item where it belongs after a change.
func (p *pile[T]) fix(item T) { heap.Fix(p, *p.place(item)) }

// first answers the item that comes before all others, of a pile that has one.
func (p *pile[T]) first() T { return p.list[0] }
