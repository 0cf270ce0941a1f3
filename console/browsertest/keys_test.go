package browsertest_test

import (
	"context"

	"github.com/chromedp/chromedp"
)

const ctrl = chromedp.ModifierCtrl

// focusBody takes the focus out of any field, so that single keys are shortcuts.
var focusBody = chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
	_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`(document.activeElement?.blur(), true)`))
	return err
})
