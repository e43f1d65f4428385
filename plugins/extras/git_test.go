package extras_test

import (
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"vega/daemon/realtest"
	"vega/plugins/manifest"
	"vega/plugins/plugintest"
	"vega/policies/check"
)

// gitServer serves a directory with git http-backend, and requires a token
// below /private.
func gitServer(t *testing.T, root, token string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), realtest.Program(t, "git", "git"), "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(out)), "git-http-backend")
	if _, err := os.Stat(path); err != nil {
		realtest.Missing(t, "git has no git-http-backend: apt-get install git")
	}
	backend := &cgi.Handler{
		Path: path,
		Env:  []string{"GIT_PROJECT_ROOT=" + root, "GIT_HTTP_EXPORT_ALL=1", "HOME=" + root, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*"},
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if _, word, _ := q.BasicAuth(); strings.HasPrefix(q.URL.Path, "/private") && word != token {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if strings.HasPrefix(q.URL.Path, "/page") {
			_, _ = w.Write([]byte("<!doctype html>"))
			return
		}
		if strings.HasPrefix(q.URL.Path, "/dumb") {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, _ = w.Write([]byte(strings.Repeat("0", 40) + "\trefs/heads/main\n"))
			return
		}
		if strings.HasPrefix(q.URL.Path, "/busy") {
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		const advertisement = "001e# service=git-upload-pack\n0000"
		w.Header().Set("Content-Type", "Application/X-Git-Upload-Pack-Advertisement; charset=utf-8")
		switch {
		case strings.HasPrefix(q.URL.Path, "/error"):
			_, _ = w.Write([]byte(advertisement + "0032ERR access denied or repository not exported\n\n"))
		case strings.HasPrefix(q.URL.Path, "/cached"):
			_, _ = w.Write([]byte(advertisement + "000eversion 2\n000cls-refs\n0000"))
		case strings.HasPrefix(q.URL.Path, "/endless"): // more than 8 MiB of branches
			hash := strings.Repeat("0123456789abcdef", 3)[:40]
			_, _ = w.Write([]byte(advertisement + "0032" + hash + " HEAD\n"))
			line := "004f" + hash + " refs/heads/" + strings.Repeat("x", 22) + "\n"
			for range 1 << 17 {
				_, _ = w.Write([]byte(line))
			}
		default:
			w.Header().Del("Content-Type")
			backend.ServeHTTP(w, q)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@vega.test", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@vega.test")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestGit(t *testing.T) {
	const token = "a-token-of-the-operator"
	root := t.TempDir()
	url := gitServer(t, root, token)
	for _, name := range []string{"shop", "private", "empty", "unborn"} {
		git(t, root, "init", "-q", "-b", "main", name)
	}
	for _, name := range []string{"shop", "private", "unborn"} {
		git(t, filepath.Join(root, name), "commit", "-q", "--allow-empty", "-m", "one")
	}
	shop := filepath.Join(root, "shop")
	git(t, shop, "tag", "-a", "-m", "one", "v1")
	git(t, shop, "branch", "next")
	head := git(t, shop, "rev-parse", "HEAD")

	k := open(t, "git", plugintest.Options{})
	of := func(path string, more ...string) manifest.Values {
		v := manifest.Values{"url": manifest.Plain(url + path)}
		for i := 0; i < len(more); i += 2 {
			v[more[i]] = manifest.Plain(more[i+1])
		}
		return v
	}
	with := func(v manifest.Values, word string) manifest.Values {
		v["token"] = manifest.Text{{Text: word, Secret: true}}
		return v
	}
	_, r := run(t, k, "healthy", of("/shop/.git"), want{check.Healthy, "", "HEAD of " + url + "/shop/.git is at " + head[:12]})
	if r.Details["commit"] != head || len(r.Metrics) != 3 || r.Metrics[1].Value != 2 || r.Metrics[2].Value != 1 {
		t.Errorf("%v %v", r.Details, r.Metrics)
	}
	run(t, k, "branch", of("/shop/.git/", "branch", "next", "commit", head[:7]), want{check.Healthy, "", "next of " + url + "/shop/.git/ is at " + head[:12]})
	run(t, k, "", of("/shop/.git", "branch", "refs/heads/next", "commit", strings.ToUpper(head[:9])), want{check.Healthy, "", "refs/heads/next of "})
	run(t, k, "", of("/error"), want{check.Unhealthy, check.Target, url + `/error refuses with "access denied or repository not exported"`})
	run(t, k, "", of("/endless"), want{check.Healthy, "", "HEAD of " + url + "/endless is at 0123456789ab"})
	run(t, k, "", of("/endless", "branch", "absent"), want{check.Unknown, check.Probe, url + "/endless answered with more than this probe reads"})
	run(t, k, "other_commit", of("/shop/.git", "commit", "0123abc"), want{check.Degraded, check.Target, "HEAD of " + url + "/shop/.git is at " + head[:12] + ", not at 0123abc"})
	run(t, k, "no_branch", of("/shop/.git", "branch", "gone"), want{check.Unhealthy, check.Target, "the repository at " + url + "/shop/.git has no gone"})
	run(t, k, "empty", of("/empty/.git"), want{check.Unhealthy, check.Target, "the repository at " + url + "/empty/.git is empty"})
	git(t, filepath.Join(root, "unborn"), "symbolic-ref", "HEAD", "refs/heads/gone")
	run(t, k, "", of("/unborn/.git"), want{check.Unhealthy, check.Target, "HEAD of the repository at " + url + "/unborn/.git points to a branch that does not exist"})
	run(t, k, "", of("/dumb"), want{check.Unhealthy, check.Target, "what answers at " + url + "/dumb does not speak Git's smart HTTP; it may be a dumb server"})
	run(t, k, "", of("/busy"), want{check.Unknown, check.Probe, url + "/busy did not answer because vega or its network asks too often"})
	run(t, k, "", of("/cached"), want{check.Unknown, check.Probe, url + "/cached answered with version 2 of Git's protocol"})
	run(t, k, "absent", of("/absent"), want{check.Unhealthy, check.Target, "there is no repository at " + url + "/absent"})
	run(t, k, "page", of("/page"), want{check.Unhealthy, check.Target, "what answers at " + url + "/page does not speak Git"})
	run(t, k, "token", with(of("/private/.git"), token), want{check.Healthy, "", "HEAD of "})
	run(t, k, "wrong_token", with(of("/private/.git"), "another-token-entirely"), want{check.Unhealthy, check.Target, url + "/private/.git refuses the login"})
	login := strings.Replace(url, "http://", "http://git:"+token+"@", 1) + "/private/.git"
	run(t, k, "", manifest.Values{"url": manifest.Plain(login)}, want{check.Healthy, "", "HEAD of " + strings.Replace(login, token, "(secret)", 1) + " is at "})
	run(t, k, "no_token", of("/private/.git"), want{check.Unhealthy, check.Target, url + "/private/.git asks for a login"})
}
