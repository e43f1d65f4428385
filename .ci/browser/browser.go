package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	proto "github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/systeminfo"
	"github.com/chromedp/chromedp"
)

// patience bounds what is asked of the browser at once. It is far longer than anything
// takes.
const patience = time.Minute

// browser is a running Chromium.
type browser struct {
	ctx  context.Context
	stop []context.CancelFunc
}

// launch starts Chromium.
func launch(ctx context.Context) (*browser, error) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", false))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to run as root with it
	}
	b := &browser{}
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	b.stop = append(b.stop, stop)
	b.ctx, stop = chromedp.NewContext(ctx)
	b.stop = append(b.stop, stop)
	if err := chromedp.Do(b.ctx); err != nil {
		b.close()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return b, nil
}

func (b *browser) close() {
	for _, stop := range slices.Backward(b.stop) {
		stop()
	}
}

// rendererCPU returns the CPU time of the processes that draw pages.
func (b *browser) rendererCPU() (time.Duration, error) {
	all, err := chromedp.CallBrowser(b.ctx, systeminfo.GetProcessInfo, proto.Empty{})
	var seconds float64
	for _, p := range all.ProcessInfo {
		if p.Type == "renderer" {
			seconds += p.CPUTime
		}
	}
	return time.Duration(seconds * float64(time.Second)), err
}

// view is how a page is looked at.
type view struct {
	width, height int64
	dark, script  bool
}

func (v view) String() string {
	text := fmt.Sprintf("%d-light", v.width)
	if v.dark {
		text = fmt.Sprintf("%d-dark", v.width)
	}
	if !v.script {
		text += "-noscript"
	}
	return text
}

// size returns the size of the screen.
func (v view) size() emulation.SetDeviceMetricsOverrideParams {
	return emulation.SetDeviceMetricsOverrideParams{Width: v.width, Height: v.height, DeviceScaleFactor: 1, Mobile: v.width < 600}
}

var views = []view{{1280, 900, false, true}, {1280, 900, true, true}, {390, 844, false, true}, {390, 844, true, true}, {1280, 900, false, false}}

// tab is a tab without the cookies of others.
type tab struct {
	ctx  context.Context
	stop context.CancelFunc

	mu       sync.Mutex
	problems []string
	opened   int              // streams of events
	status   map[string]int64 // of documents, by address
}

// open opens a tab.
func (b *browser) open(v view, cookies ...*http.Cookie) (*tab, error) {
	t := &tab{status: map[string]int64{}}
	t.ctx, t.stop = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(t.note))
	scheme := "light"
	if v.dark {
		scheme = "dark"
	}
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}}}
	err := errors.Join(
		call(t, log.Enable, proto.Empty{}), call(t, network.Enable, network.EnableParams{}),
		call(t, emulation.SetDeviceMetricsOverride, v.size()), call(t, emulation.SetEmulatedMedia, media),
		call(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !v.script}))
	for _, c := range cookies {
		err = errors.Join(err, call(t, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, Domain: "127.0.0.1", Path: "/", HTTPOnly: new(true)}))
	}
	if err != nil {
		t.stop()
		return nil, err
	}
	return t, nil
}

// call sends a command without a result.
func call[P any](t *tab, c proto.Command[P, proto.Empty], params P) error {
	_, err := chromedp.Call(t.ctx, c, params)
	return err
}

// note keeps what a browser complains about: violations of the policy, errors of scripts,
// parts of the page that are missing.
func (t *tab) note(event any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Source == log.EntrySourceSecurity {
			t.problems = append(t.problems, fmt.Sprintf("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	case *runtime.EventExceptionThrown:
		t.problems = append(t.problems, "exception: "+e.ExceptionDetails.Text)
	case *network.EventResponseReceived:
		if e.Type == network.ResourceTypeDocument {
			t.status[e.Response.URL] = e.Response.Status
		}
	case *network.EventRequestWillBeSent:
		if strings.Contains(e.Request.URL, "/events?") {
			t.opened++
		}
	case *cdp.EventJavascriptDialogOpening:
		t.problems = append(t.problems, "a dialog: "+e.Message)
	}
}

// taken returns the problems since the last call.
func (t *tab) taken() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []error
	for _, p := range t.problems {
		all = append(all, errors.New(p))
	}
	t.problems = nil
	return errors.Join(all...)
}

// answer returns the status of the document at an address.
func (t *tab) answer(address string) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.status[address]
}

// do does something in a tab.
func (t *tab) do(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	return chromedp.Do(ctx, actions...)
}

// eval evaluates an expression in the page, also where its scripts are switched off.
func eval[T any](t *tab, expression string) (T, error) {
	ctx, stop := context.WithTimeout(t.ctx, patience)
	defer stop()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until an expression is true in the page.
func (t *tab) until(expression string) error {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		if ok, err := eval[bool](t, expression); err != nil || ok {
			return err
		}
	}
	return fmt.Errorf("%s: still false after %v", expression, patience)
}
