// Go's net/http.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"time"
)

var base = os.Args[1]
var connects int

func say(name string, got, expected any) {
	if fmt.Sprint(got) == fmt.Sprint(expected) {
		fmt.Println(name, "ok")
	} else {
		fmt.Printf("%s %.200v, expected %.200v\n", name, got, expected)
	}
}

func open(method, path string, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequest(method, base+path, body)
	if err != nil {
		return nil, err
	}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			connects++
		}
	}}
	return http.DefaultClient.Do(request.WithContext(httptrace.WithClientTrace(request.Context(), trace)))
}

func ask(method, path string, body io.Reader) string {
	reply, err := open(method, path, body)
	if err != nil {
		return err.Error()
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", reply.StatusCode, text)
}

// Hides the length of a reader, so that it is sent in chunks.
type unknown struct{ io.Reader }

func stream() string {
	reply, err := open("POST", "/v1/stream", strings.NewReader("{}"))
	if err != nil {
		return err.Error()
	}
	defer reply.Body.Close()
	var times []time.Time
	for lines := bufio.NewScanner(reply.Body); lines.Scan(); {
		if lines.Text() != "" {
			times = append(times, time.Now())
		}
	}
	return fmt.Sprint(len(times), times[len(times)-1].Sub(times[0]) > 200*time.Millisecond)
}

func main() {
	body := strings.Repeat("x", 70000)
	big := make([]byte, 32<<20)
	say("get", ask("GET", "/v1/models", nil), `200 {"data": []}`)
	say("head", ask("HEAD", "/v1/models", nil)+ask("GET", "/v1/models", nil), `200 200 {"data": []}`)
	say("post", ask("POST", "/v1/echo", strings.NewReader(body)), "200 "+body)
	say("chunked", ask("POST", "/v1/echo", unknown{strings.NewReader(body)}), "200 "+body)
	say("stream", stream(), "5 true")
	say("empty", ask("GET", "/v1/empty", nil), "204 ")
	say("keep-alive", connects, 1)
	say("early-413", ask("POST", "/v1/echo", bytes.NewReader(big))[:3], 413)
	say("early-413-chunked", ask("POST", "/v1/echo", unknown{bytes.NewReader(big)})[:3], 413)
	say("not-found", ask("GET", "/nothing", nil)[:3], 404)
}
