package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os/exec"
	"time"
)

//go:embed asyncio.py
var script string

// pythonTimeout bounds one round of the script.
const pythonTimeout = time.Minute

func findPython() (path, note string) {
	path, err := exec.LookPath("python3")
	if err != nil {
		return "", "no python3: asyncio not measured"
	}
	return path, "asyncio: " + path
}

// runPython runs the script once; it prints one JSON object, nanoseconds by operation.
func runPython(path string, short bool) (map[string]float64, error) {
	ctx, cancel := context.WithTimeout(context.Background(), pythonTimeout)
	defer cancel()
	ops := "5000"
	if short {
		ops = "1000"
	}
	out, err := exec.CommandContext(ctx, path, "-c", script, ops).Output()
	if err != nil {
		return nil, fmt.Errorf("asyncio script: %w", err)
	}
	got := map[string]float64{}
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("asyncio script's figures: %w", err)
	}
	return got, nil
}
