package chaos

import "syscall"

// orphanless makes a child end with its parent, whatever becomes of that.
func orphanless(a *syscall.SysProcAttr) *syscall.SysProcAttr {
	if a == nil {
		a = &syscall.SysProcAttr{}
	}
	a.Pdeathsig = syscall.SIGKILL
	return a
}
