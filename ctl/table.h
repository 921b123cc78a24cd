/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Columns for people. Cells may hold any bytes: see text_escape().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lib/own.h"

struct table_column {
	const char *title; /* NULL in all: a table without a head */
	bool right;	   /* numbers */
};

struct table;

/* @columns: borrowed, as long as the table lives. Return: NULL: no memory */
struct table *table_new(const struct table_column *columns, size_t n);
struct table *table_free(struct table *t); /* Return: NULL */
DEFINE_AUTO(struct table *, table_free);

/*
 * Cells come row by row, left to right. Lack of memory is remembered and told
 * by table_print().
 */
void table_cell(struct table *t, const char *text);
void table_cell_number(struct table *t, int64_t number);

/**
 * table_print() - all whole rows
 * @bold: the head in bold
 * Return: 0 or -ENOMEM
 */
int table_print(const struct table *t, bool bold, FILE *out);
