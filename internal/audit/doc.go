// Package audit keeps the log of what people changed: who, from where, when,
// and what the record said before and after, without its secrets.
//
// A [Store] stands before the directory's. A change that is made on behalf of
// a [Trail], which the context carries, is written into the log before it is
// made and marked as made afterwards: no change is without its line, and a line
// whose change was cut off says that its outcome is unknown.
package audit
