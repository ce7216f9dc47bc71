import './lane.ts';
