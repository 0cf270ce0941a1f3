//go:build !linux

package chaos

import "syscall"

// orphanless changes nothing: only Linux ends a child with its parent.
func orphanless(a *syscall.SysProcAttr) *syscall.SysProcAttr { return a }
