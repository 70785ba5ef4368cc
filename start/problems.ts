/*
 * Assembles the problems of all modules. A module whose problems are missing here does not compile.
 */
import { accountsProblems } from '#accounts/problems'
import { assembleProblems } from '#http/problem_catalogue'
import { httpProblems } from '#http/problems'
import { inventoryProblems } from '#inventory/problems'
import { ordersProblems } from '#orders/api/problems'

assembleProblems({ ...httpProblems, ...accountsProblems, ...inventoryProblems, ...ordersProblems })
