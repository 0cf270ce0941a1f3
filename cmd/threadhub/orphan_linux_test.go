package main_test

import "syscall"

// orphanless makes a child end with the tests, whatever becomes of them.
func orphanless() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
