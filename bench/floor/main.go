// Command floor is the least client that can be: it sends the requests that it reads on standard input, one JSON object
// a line, and throws the answers away. What it takes is the floor for any client that needs these requests.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/pr-evaluations/reschedule/bench/protocol"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("floor: ")
	origin := flag.String("origin", "", "scheme, host and port")
	concurrency := flag.Int("concurrency", 1, "requests under way at once")
	flag.Parse()

	transport := &http.Transport{MaxIdleConnsPerHost: *concurrency, DisableCompression: true}
	client := &http.Client{Transport: transport}
	requests := make(chan protocol.Request, 1<<16)
	var senders sync.WaitGroup
	for range *concurrency {
		senders.Go(func() {
			for r := range requests {
				send(client, *origin, r)
			}
		})
	}
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		var r protocol.Request
		if err := json.Unmarshal(in.Bytes(), &r); err != nil {
			log.Fatal(err)
		}
		requests <- r
	}
	close(requests)
	senders.Wait()
}

func send(client *http.Client, origin string, r protocol.Request) {
	req, err := http.NewRequest(r.Method, origin+r.Path, nil) //nolint:noctx // it ends with the process
	if err != nil {
		log.Fatal(err)
	}
	req.Header.Set("Accept", r.Accept)
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Authorization", "Bearer "+strings.Repeat("t", 40))
	resp, err := client.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	_, err = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		log.Fatal(resp.Status, " ", err)
	}
}
