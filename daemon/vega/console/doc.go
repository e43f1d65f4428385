// Package console prints for people what commands found: tables of
// integrations, plans, diagnoses and checks, and the lines that show progress.
//
// Each Write function takes a value that the daemon returned and writes it as
// text. Terminals get colors and symbols; pipes and files get words.
package console
