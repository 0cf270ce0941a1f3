//go:build !linux

package main_test

import "syscall"

// orphanless asks for nothing: only Linux ends a child with its parent.
func orphanless() *syscall.SysProcAttr { return nil }
